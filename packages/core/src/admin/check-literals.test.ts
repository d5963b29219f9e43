import { expect, test } from 'vitest';
import { checkLiterals } from './check-literals.ts';

test.each([
  [`CHECK ((side = ANY (ARRAY['buy'::text, 'sell'::text])))`, ['buy', 'sell']],
  [
    `CHECK (((side)::text = ANY ((ARRAY['buy'::character varying, 'sell'::character varying])::text[])))`,
    ['buy', 'sell'],
  ],
  [`CHECK ((VALUE = ANY (ARRAY['it''s'::text, 'a, b'::text])))`, ["it's", 'a, b']],
  [`CHECK (("type" = 'only'::text))`, ['only']],
])('finds the values of %s', (definition, values) => {
  expect(checkLiterals(definition)).toEqual(values);
});

test.each([
  `CHECK ((length(name) < 64))`,
  `CHECK (((side = ANY (ARRAY['buy'::text, 'sell'::text])) OR (price > (0)::numeric)))`,
  `CHECK ((code ~ '^[A-Z]+$'::text))`,
  `CHECK ((a <> 'x'::text))`,
  `CHECK ((n = ANY (ARRAY[1, 2])))`,
])('finds none in %s', (definition) => {
  expect(checkLiterals(definition)).toBeUndefined();
});
