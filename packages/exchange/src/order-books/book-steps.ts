import { type Decimal, decimal } from '@tse/core';

/** How many fraction digits a step of `1`, `0.1`, `0.01` … has; most ticks and lots are such. */
function digitsOf(step: Decimal): number | undefined {
  if (step === ('1' as Decimal)) return 0;
  return /^0\.0*1$/.test(step) ? step.length - 2 : undefined;
}

/** Counts prices in ticks, or quantities in lots: whole numbers, as text, for Redis. */
export interface Steps {
  /** `value` is a multiple of the step: the markets see to it. */
  readonly count: (value: Decimal) => string;
  readonly value: (count: string) => Decimal;
}

const cache = new Map<Decimal, Steps>();

export function stepsOf(step: Decimal): Steps {
  let steps = cache.get(step);
  if (!steps) cache.set(step, (steps = makeSteps(step)));
  return steps;
}

function makeSteps(step: Decimal): Steps {
  const digits = digitsOf(step);
  if (digits === undefined) {
    return { count: (value) => decimal.div(value, step, 0, 'down'), value: (count) => decimal.times(count, step) };
  }
  // Moving the point is many times faster than dividing, and a book counts for each of its changes.
  return {
    count(value) {
      const point = value.indexOf('.');
      const whole = point < 0 ? value : value.slice(0, point);
      const moved = whole + (point < 0 ? '' : value.slice(point + 1)).padEnd(digits, '0');
      let zeros = 0;
      while (zeros < moved.length - 1 && moved.charCodeAt(zeros) === 48) zeros += 1;
      return zeros === 0 ? moved : moved.slice(zeros);
    },
    value(count) {
      if (digits === 0) return count as Decimal;
      const padded = count.padStart(digits + 1, '0');
      const whole = padded.slice(0, -digits);
      const fraction = padded.slice(-digits).replace(/0+$/, '');
      return (fraction === '' ? whole : `${whole}.${fraction}`) as Decimal;
    },
  };
}
