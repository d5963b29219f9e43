import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { InvalidInputError } from '../pipe/errors.ts';

const ITERATIONS = 4096;

/** What PostgreSQL keeps of a password (RFC 5803). Made here, so that the password itself is in no statement and no server log. */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const hmac = (word: string) => createHmac('sha256', salted).update(word).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`;
}

/** What Redis keeps of a password, as `ACL SETUSER` takes it. */
export const redisPasswordHash = (password: string): string =>
  `#${createHash('sha256').update(password).digest('hex')}`;

/** Refuses what clients would prepare differently (RFC 4013), or that no environment file can hold. */
export function checkPassword(password: string, path: string): void {
  if (!/^[\x21-\x7e]{8,256}$/.test(password)) {
    throw new InvalidInputError([{ path, message: 'expected 8 to 256 printable ASCII characters without spaces' }]);
  }
}
