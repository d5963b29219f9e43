import { encodeCursor } from '@tse/core';
import { describeAdapter } from '@tse/testkit';
import { type ExchangeAdapter, createExchangeAdapter } from './index.ts';

const at = '2026-01-01T00:00:00Z';
const account = { accountId: 'alice', parentId: 'house' };
const changed = { ...account, version: 1, reason: 'because' };
const booking = { reference: 'r', asset: 'USD', amount: '1.5', at };
const page = { limit: 10 };
const order = { orderId: 'o', clientOrderId: 'c', ...account, symbol: 'BTC-USD', side: 'buy', quantity: '0.5', selfTradePrevention: 'none', riskCheckId: 'k', validUntil: at };
const limit = { ...order, type: 'limit', price: '29900.5', timeInForce: 'gtd', expiresAt: at, postOnly: true, pending: true };
const match = { symbol: 'BTC-USD', makerOrderId: 'm', takerOrderId: 't', price: '1.5', quantity: '0.5' };
const token = { accountId: 'alice', token: 'x'.repeat(43) };

describeAdapter<ExchangeAdapter>(createExchangeAdapter, {
  prepare: async (exchange) => {
    await exchange.markets.registerAsset({ asset: 'USD', scale: 10 });
    await exchange.accounts.open({ accountId: 'alice', ownerId: 'alice' });
  },
  read: (exchange) => exchange.accounts.get('alice', { fresh: true }),
  write: (exchange, reference) => exchange.ledger.deposit({ reference, accountId: 'alice', asset: 'USD', amount: '1' }),
  live: (exchange) => exchange.sessions.start({ accountId: 'alice' }),
  inputs: {
    'accounts.open': { accountId: 'a', parentId: 'p', ownerId: 'o', kind: 'customer', type: 'spot', feeTier: 'f', checkRequired: true, metadata: {} },
    'accounts.get': account,
    'accounts.list': { ...page, parentId: 'p', ownerId: 'o', kind: 'house', type: 'margin', status: 'active', kycStatus: 'pending', cursor: encodeCursor(['a']) },
    'accounts.changeStatus': { ...changed, status: 'suspended' },
    'accounts.decideKyc': { ...changed, kycStatus: 'approved' },
    'accounts.configure': { ...changed, feeTier: 'vip', checkRequired: false, metadata: {} },
    'accounts.setOverdraft': { ...account, asset: 'USD', overdraft: '10.5', reason: 'because' },
    'accounts.listEvents': 'alice',
    'markets.registerAsset': { asset: 'BTC', scale: 8, name: 'Bitcoin' },
    'markets.open': { symbol: 'BTC-USD', tickSize: '0.01', lotSize: '0.001', minNotional: '1.5', maxPrice: '100000.5', maxQuantity: '1000.5', feeVersion: 1, feeAccountId: 'f', status: 'open' },
    'markets.change': { symbol: 'BTC-USD', status: 'halted', feeVersion: 2, version: 1, reason: 'because' },
    'markets.defineFees': { version: 7, tiers: [{ tier: 'standard', maker: '0.001', taker: '0.002' }] },
    'markets.list': { ...page, base: 'BTC', quote: 'USD', status: 'open' },
    'ledger.deposit': { ...booking, ...account, externalAccountId: 'external' },
    'ledger.withdraw': { ...booking, ...account, externalAccountId: 'external', holdId: 'manual:1' },
    'ledger.transfer': { ...booking, from: account, to: { accountId: 'bob', parentId: 'house' } },
    'ledger.adjust': { reference: 'r', reason: 'because', at, entries: [{ ...account, asset: 'USD', amount: '1.5' }, { accountId: 'bob', asset: 'USD', amount: '-1.5' }] },
    'ledger.revert': { transactionId: 'deposit:r', reference: 'r2', reason: 'because', at },
    'ledger.listEntries': { ...account, ...page, asset: 'USD', from: at, to: at },
    'balances.list': account,
    'balances.get': { ...account, asset: 'USD' },
    'balances.getAt': { ...account, asset: 'USD', at },
    'holds.place': { ...account, kind: 'manual', reference: 'r', asset: 'USD', amount: '1.5', expiresAt: '2027-01-01T00:00:00Z' },
    'holds.release': { ...account, holdId: 'manual:r' },
    'holds.extend': { ...account, holdId: 'manual:r', expiresAt: '2027-01-01T00:00:00Z' },
    'holds.list': { ...account, ...page, kind: 'manual', state: 'open' },
    'orders.place': limit,
    'orders.place (market)': { ...order, type: 'market', timeInForce: 'ioc', quoteBudget: '100.5' },
    'orders.cancel': { ...account, orderId: 'o', version: 1, reason: 'requested' },
    'orders.accept': { orderId: 'o' },
    'orders.reject': { ...account, orderId: 'o', reason: 'because' },
    'orders.requestChange': { ...account, orderId: 'o', change: 'cancel', reason: 'because' },
    'orders.refuseChange': { ...account, orderId: 'o', reason: 'because' },
    'orders.get': 'o',
    'orders.list': { ...account, ...page, symbol: 'BTC-USD', side: 'buy', status: ['new'], from: at, to: at, sort: 'oldest' },
    'orders.listOpen': { ...page, symbol: 'BTC-USD', side: 'sell' },
    'orders.listEvents': 'o',
    'matches.settle': [{ ...match, tradeId: 'x', matchedAt: at }],
    'matches.prevent': [{ ...match, preventionId: 'x', at }],
    'trades.find': 'x',
    'trades.listOfMarket': { ...page, symbol: 'BTC-USD', from: at, to: at, sort: 'newest' },
    'trades.listOfAccount': { ...account, ...page, symbol: 'BTC-USD', side: 'buy', from: at, to: at },
    'orderBooks.depth': { symbol: 'BTC-USD', levels: 5 },
    'orderBooks.replay': { symbol: 'BTC-USD', sequence: 1 },
    'orderBooks.verify': 'BTC-USD',
    'sessions.start': { accountId: 'alice', ttlSeconds: 60 },
    'sessions.touch': token,
    'sessions.end': token,
    'sessions.revokeAll': 'alice',
    'liabilities.snapshot': { snapshotId: 's' },
    'liabilities.prove': { ...account, snapshotId: 's', asset: 'USD' },
    'liabilities.list': page,
    getAccountPortfolio: account,
  },
  free: ['accounts.open.metadata', 'accounts.configure.metadata'],
  open: ['sessions.touch', 'sessions.end'],
});
