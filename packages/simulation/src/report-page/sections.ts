import { chainTimeline } from './chain-timeline.ts';
import type { RunPage } from './run-page.ts';
import { type Section, noData } from './section.ts';
import { settlementsSection } from './sections-custody.ts';
import { bookSection, priceSection } from './sections-market.ts';
import { deskSection, limitsSection } from './sections-risk.ts';
import { invariantsSection, ratesSection, servicesSection, testRunSections } from './sections-run.ts';

/** The page in the order of reading. */
export const sectionsOf = (run: RunPage): readonly Section[] => [
  priceSection(run),
  bookSection(run),
  deskSection(run),
  limitsSection(run),
  settlementsSection(run),
  chainSection(run),
  invariantsSection(run),
  ...testRunSections(run),
  servicesSection(run),
  ratesSection(run),
];

function chainSection({ chains }: RunPage): Section {
  return {
    id: 'chain',
    title: 'Causal chains',
    short: 'Chain',
    lead: 'An event, what it followed from, and what followed from it, across all services; rebuilt by audit from the trail. Bars show when, from cause to effect; the figure is how long the hop took.',
    parts: chains.length === 0 ? [noData('No chain was asked for.')] : chains.map(chainTimeline),
  };
}
