import { Writable } from 'node:stream';
import { describeError } from '@tse/core';
import { type Logger, pino } from 'pino';

/** A logger that prints nothing and keeps each line, with all levels, for a test to look into. */
export function capturedLogs(): { readonly logger: Logger; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const keep = new Writable({
    decodeStrings: false,
    write(line: string, _, done) {
      lines.push(line.trimEnd());
      done();
    },
  });
  return { logger: pino({ level: 'trace', serializers: { err: describeError, error: describeError } }, keep), lines };
}
