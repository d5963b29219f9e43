import { answers, functionCall, queryBuilder, statement } from '@tse/core';
import type { Tables } from '../schema.ts';
import type { DeploymentWish } from './deployment-states.ts';
import type { DeploymentRefusal } from './deployments.ts';

const db = queryBuilder<Tables>();

export const deploymentColumns = [
  'id',
  'strategy_id',
  'strategy_version',
  'mode',
  'account_id',
  'venue',
  'currency',
  'starting_equity',
  'position_mode',
  'lot_method',
  'desired',
  'actual',
  'reason',
  'epoch',
  'heartbeat_at',
  'version',
  'created_at',
  'stopped_at',
] as const;

export type Outcome = DeploymentRefusal | 'ok' | 'same';

export const statements = {
  create: functionCall(
    'trading.deployments.create',
    'write',
    'create_deployment',
    [
      'id',
      'strategyId',
      'strategyVersion',
      'mode',
      'accountId',
      'venue',
      'currency',
      'startingEquity',
      'positionMode',
      'lotMethod',
      'requestHash',
      'at',
      'eventId',
      'context',
    ],
    answers<{ outcome: Outcome }>(),
  ),
  attach: functionCall(
    'trading.deployments.attach',
    'write',
    'attach_deployment',
    ['id', 'epoch', 'at', 'eventIds', 'context'],
    answers<{ outcome: Outcome; epoch: number }>(),
  ),
  change: functionCall(
    'trading.deployments.change',
    'write',
    'change_deployment',
    ['id', 'version', 'desired', 'epoch', 'actual', 'reason', 'run', 'fence', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  beat: functionCall(
    'trading.deployments.beat',
    'write',
    'beat_deployment',
    ['id', 'epoch'],
    answers<{ outcome: Outcome; desired: DeploymentWish }>(),
  ),
  interrupt: functionCall(
    'trading.deployments.interruptSilent',
    'write',
    'interrupt_deployments',
    ['silent', 'reason', 'at', 'eventIds', 'context'],
    answers<{ deployment_id: string }>(),
  ),
  saveState: functionCall(
    'trading.deployments.saveState',
    'write',
    'save_strategy_state',
    ['id', 'epoch', 'sequence', 'state', 'at'],
    answers<{ outcome: Outcome; version: number }>(),
  ),
  find: statement('trading.deployments.find', 'read', (p: { id: string }) =>
    db.selectFrom('deployments').select(deploymentColumns).where('id', '=', p.id),
  ),
  findState: statement('trading.deployments.findState', 'read', (p: { id: string }) =>
    db
      .selectFrom('strategy_states')
      .select(['deployment_id', 'epoch', 'sequence', 'state', 'saved_at', 'version'])
      .where('deployment_id', '=', p.id),
  ),
  listEvents: statement('trading.deployments.listEvents', 'read', (p: { id: string }) =>
    db
      .selectFrom('deployment_events')
      .select(['version', 'type', 'desired', 'actual', 'epoch', 'reason', 'actor', 'run_id', 'fence', 'occurred_at'])
      .where('deployment_id', '=', p.id)
      .orderBy('version'),
  ),
};
