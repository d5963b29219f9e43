import type { Registry } from 'prom-client';
import type { Leases } from '../consistency/leases.ts';
import type { RunFences } from '../consistency/run-fences.ts';
import type { Inbox } from '../events/inbox.ts';
import type { CallOptions } from '../pipe/context.ts';
import type { InstanceIdentity } from '../pipe/identity.ts';
import type { CopyReports, VerifyCopiesOptions } from './copy-check.ts';
import type { AdapterHealth } from './health.ts';
import type { ReadyOptions } from './ready.ts';
import type { ServiceCache } from './service-cache.ts';
import type { Services } from './services.ts';

/** How long closing may take. */
export interface CloseOptions {
  /** Milliseconds in which it ends, whatever is still going on: 10 000 by default. */
  deadlineMs?: number | undefined;
}

/** What every adapter has beside its ports. */
export interface BaseAdapter extends AsyncDisposable {
  readonly identity: InstanceIdentity;
  readonly leases: Leases;
  readonly runFences: RunFences;
  readonly inbox: Inbox;
  readonly services: Services;
  readonly cache: ServiceCache;
  /** Where its metrics are. */
  readonly metrics: Registry;
  /** Waits for stores that are down; rejects at once on what waiting cannot cure, with the command that does. */
  ready(options?: ReadyOptions): Promise<void>;
  /** Never rejects, asks at most once a second, and answers within about half a second. */
  health(): Promise<AdapterHealth>;
  /**
   * Does now what its workers would do in time: all that is due by the business clock. With the setting `workers: 'catch-up'` it is done
   * then only, so that whoever moves the clock says in which order everybody acts.
   */
  catchUp(): Promise<void>;
  /** Waits until all events that were committed before are published; answers the number of the last one. */
  flushEvents(options?: CallOptions): Promise<number>;
  /**
   * Compares what Redis holds as copies with PostgreSQL, by family, and repairs them where that is asked for. Of copies that end by
   * themselves it looks at those that this process wrote.
   */
  verifyCopies(options?: VerifyCopiesOptions): Promise<CopyReports>;
  /** Refuses new calls, ends workers and consumers, waits for what is in flight, and closes the stores. */
  close(options?: CloseOptions): Promise<void>;
}
