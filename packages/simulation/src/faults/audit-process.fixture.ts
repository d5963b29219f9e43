import { createAuditAdapter } from '@tse/audit';
import { pino } from 'pino';

/** A process to be killed: an adapter with the workers that it is told, until its end. */
const options = JSON.parse(process.env['AUDIT_PROCESS'] ?? '{}') as Parameters<typeof createAuditAdapter>[0];
createAuditAdapter({ ...options, logger: pino({ level: 'silent' }) });
process.stdout.write('up\n');
setInterval(() => {}, 60_000);
