import { expect, test } from 'vitest';
import { otherNodes } from './redis-nodes.ts';

test('finds the other nodes of a cluster that are there', () => {
  const listing = [
    '07c3 127.0.0.1:30004@31004,host4 slave e7d1 0 1426238317239 4 connected',
    '67ed 127.0.0.1:30002@31002 master - 0 1426238316232 2 connected 5461-10922',
    '292f ::1:30003@31003 master - 0 1426238318243 3 connected 10923-16383',
    '6ec2 127.0.0.1:30005@31005 master,fail - 0 1426238316232 5 disconnected',
    '824f :0@0 master,noaddr - 0 0 6 disconnected',
    'e7d1 127.0.0.1:30001@31001 myself,master - 0 0 1 connected 0-5460',
    '',
  ].join('\n');
  expect(otherNodes(listing)).toEqual([
    { host: '127.0.0.1', port: 30004 },
    { host: '127.0.0.1', port: 30002 },
    { host: '::1', port: 30003 },
  ]);
});
