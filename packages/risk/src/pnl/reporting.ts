import { assetInput, durationInput, textInput } from '@tse/core';
import { z } from 'zod';

/** What results are told in: a currency, the time zone of the trading day, and the age beyond which a price is old. */
export const reportingInput = z.strictObject({
  currency: assetInput.default('USD'),
  timeZone: textInput(64).default('UTC'),
  maxPriceAge: durationInput.default(60_000),
});
/** In which asset is reported, and by which rates. */
export type ReportingOptions = z.input<typeof reportingInput>;
export type Reporting = z.output<typeof reportingInput>;
