import { InvalidInputError } from '@tse/core';

const MAX_SCALE = 18;

const printed = (text: string): number => (text.includes('.') ? text.length - text.indexOf('.') - 1 : 0);
const needed = (text: string): number => (text.includes('.') ? printed(text.replace(/0+$/, '')) : 0);

/** How fine the prices and quantities of a file are: as they are printed, or, where that is too fine for both together, as they need. */
export class Scales {
  #printed = { price: 0, quantity: 0 };
  #needed = { price: 0, quantity: 0 };

  add(kind: 'price' | 'quantity', text: string): void {
    this.#printed[kind] = Math.max(this.#printed[kind], Math.min(MAX_SCALE, printed(text)));
    this.#needed[kind] = Math.max(this.#needed[kind], needed(text));
  }

  get found(): { price: number; quantity: number } {
    if (this.#printed.price + this.#printed.quantity <= MAX_SCALE) return this.#printed;
    if (this.#needed.price + this.#needed.quantity <= MAX_SCALE) return this.#needed;
    const { price, quantity } = this.#needed;
    throw new InvalidInputError(
      [
        {
          path: '',
          message: `prices have ${price} fraction digits and quantities ${quantity}: together more than the ${MAX_SCALE} of an amount`,
        },
      ],
      'too-many-digits',
    );
  }
}

/** The smallest step of a scale: `0.01` of 2. */
export const stepOf = (scale: number): string => (scale === 0 ? '1' : `0.${'0'.repeat(scale - 1)}1`);
