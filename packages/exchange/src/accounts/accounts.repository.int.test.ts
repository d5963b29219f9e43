import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestExchange, testExchange } from '../test-exchange.ts';
let t: TestExchange;
beforeAll(async () => { const s = performance.now(); t = await testExchange(); console.log('box', performance.now() - s); });
afterAll(() => t[Symbol.asyncDispose]());
test('x', async () => { await t.customer('a', { USD: '5' }); console.log(await t.balances('a')); console.log((await t.everything()).length); const s = performance.now(); await t.everything(); console.log(performance.now() - s);});
