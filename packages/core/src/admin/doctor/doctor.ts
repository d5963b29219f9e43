import type { AdapterDefinition, AdminAccess } from '../adapter-definition.ts';
import type { Finding } from './finding.ts';
import { type InstanceCheck, instanceFindings } from './instance-findings.ts';
import { serverFindings } from './server-findings.ts';

/** An adapter that is to be examined. */
export interface Patient extends Omit<InstanceCheck, 'admin'> {
  readonly definition: AdapterDefinition;
}

/** Looks at the servers and at each instance, one thing after the other, each with its cure. Changes nothing. */
export async function* examine(admin: AdminAccess, patients: readonly Patient[]): AsyncGenerator<Finding> {
  let reachable = true;
  for await (const found of serverFindings(admin)) {
    if (/^(postgres|redis)$/.test(found.check) && found.level === 'fail') reachable = false;
    yield found;
  }
  if (!reachable) return;
  for (const { definition, ...target } of patients) yield* instanceFindings(definition, { ...target, admin });
}
