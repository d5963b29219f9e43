import { expect, test } from 'vitest';
import { aclFile } from './embedded-redis.ts';

test("the administrator's line is made anew, and other users stay", () => {
  const first = aclFile('one');
  expect(first).toMatch(/^user default on #[0-9a-f]{64} ~\* &\* \+@all\n$/);
  const second = aclFile('two', `${first}user alice on #abc ~a:* +get\n`);
  expect(second.split('\n')).toEqual([aclFile('two').trim(), 'user alice on #abc ~a:* +get', '']);
  expect(second).not.toContain(first.trim());
});
