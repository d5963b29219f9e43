import { expect, test } from 'vitest';
import { checkPassword, redisPasswordHash, scramVerifier } from './scram-verifier.ts';

test('makes the verifier of the example in RFC 7677', () => {
  expect(scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'))).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});

test('salts each verifier anew', () => {
  expect(scramVerifier('pencil')).not.toBe(scramVerifier('pencil'));
});

test('hashes for Redis', () => {
  expect(redisPasswordHash('abc')).toBe('#ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test.each(['', 'short', 'with space in it', 'pässword-umlaut', 'line\nbreak-in-it', 'x'.repeat(257)])(
  'refuses the password %j without repeating it',
  (password) => {
    expect(() => checkPassword(password, 'passwords.postgres')).toThrow(
      /^passwords\.postgres: expected 8 to 256 printable/,
    );
  },
);
