import type * as audit from '@tse/audit';
import { UsageError } from './command.ts';
import { adapterOptions } from './environment.ts';
import type { Session } from './session.ts';

export const auditOptions = {
  instance: { type: 'string' },
  anchors: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const auditHelp = `
  --instance NAME   a named instance of the audit instead of its default
  --anchors FILE    where the anchors are (default: AUDIT_ANCHOR_FILE)
  --json            one JSON object on stdout
  -h, --help        this text`;

/** The audit's package, where it is installed beside this command. */
export async function auditPackage(): Promise<typeof audit> {
  try {
    return await import('@tse/audit');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UsageError('the adapter audit is not installed beside this command');
  }
}

/** Opens the audit's adapter for one command. */
export async function withAudit<T>(
  session: Session,
  { instance, anchors }: { instance?: string | undefined; anchors?: string | undefined },
  work: (adapter: audit.AuditAdapter) => Promise<T>,
): Promise<T> {
  const { createAuditAdapter } = await auditPackage();
  const { env } = session;
  const prefix = instance === undefined ? 'AUDIT_' : `AUDIT_${instance.replaceAll('-', '_').toUpperCase()}_`;
  const anchorFile = anchors ?? env[`${prefix}ANCHOR_FILE`];
  const archiveFolder = env[`${prefix}ARCHIVE_FOLDER`];
  const options = adapterOptions(createAuditAdapter.definition.identity, instance, env);
  await using adapter = createAuditAdapter({
    ...options,
    anchors: anchorFile ? [anchorFile] : [],
    ...(archiveFolder && { archiveFolder }),
  });
  return await work(adapter);
}
