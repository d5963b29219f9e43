import { answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { selectBreaks, selectMatches } from './reconciliation-rows.ts';
import type { ReconciliationRefusal } from './reconciliations.ts';

const db = queryBuilder<Tables>();

export type Outcome = ReconciliationRefusal | 'ok' | 'same';

export const statements = {
  defineRules: functionCall(
    'custodian.reconciliations.defineRules',
    'write',
    'define_match_rules',
    [
      'source',
      'version',
      'accountIds',
      'assets',
      'movementKinds',
      'amountTolerance',
      'dateToleranceMs',
      'mostInGroup',
      'requestHash',
      'at',
    ],
    answers<{ outcome: Outcome }>(),
  ),
  findRules: statement('custodian.reconciliations.findRules', 'read', (p: { source: string; version: number }) =>
    db
      .selectFrom('match_rules')
      .select(['source', 'version', 'account_ids', 'assets', 'movement_kinds', 'amount_tolerance', 'date_tolerance_ms'])
      .select(['most_in_group', 'defined_at'])
      .where('source', '=', p.source)
      .where('version', '=', p.version),
  ),
  recordLines: functionCall(
    'custodian.reconciliations.recordLines',
    'write',
    'record_statement_lines',
    ['source', 'externalIds', 'accountIds', 'assets', 'amounts', 'bookedAts', 'references', 'requestHashes'],
    answers<{ outcome: Outcome; recorded: number; external_id: string | null }>(),
  ),
  recordBalances: functionCall(
    'custodian.reconciliations.recordBalances',
    'write',
    'record_statement_balances',
    ['source', 'externalIds', 'accountIds', 'assets', 'balances', 'asOfs', 'requestHashes'],
    answers<{ outcome: Outcome; recorded: number; external_id: string | null }>(),
  ),
  changeBreak: functionCall(
    'custodian.reconciliations.changeBreak',
    'write',
    'change_break',
    ['id', 'state', 'ownerId', 'note', 'version', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  dissolve: functionCall(
    'custodian.reconciliations.dissolveMatch',
    'write',
    'dissolve_match',
    ['id', 'at'],
    answers<{ outcome: Outcome }>(),
  ),
  findBreak: statement('custodian.reconciliations.findBreak', 'read', (p: { id: string }) =>
    selectBreaks().where('b.id', '=', p.id),
  ),
  findRecorded: statement(
    'custodian.reconciliations.findRecorded',
    'read',
    (p: { source: string; externalId: string }) =>
      selectMatches().where(
        sql<boolean>`m.id = (select i.match_id from match_items as i join statement_lines as l on l.id = i.line_id
        where l.source = ${p.source} and l.external_id = ${p.externalId} and i.live)`,
      ),
  ),
  findReferenced: statement(
    'custodian.reconciliations.findReferenced',
    'read',
    (p: { source: string; externalId: string }) =>
      db
        .selectFrom('statement_lines as l')
        .innerJoin('movements as m', (join) =>
          join
            .onRef('m.tx_id', '=', 'l.reference')
            .onRef('m.account_id', '=', 'l.account_id')
            .onRef('m.asset', '=', 'l.asset')
            .onRef('m.amount', '=', 'l.amount'),
        )
        .select(['m.tx_id', 'm.n', 'l.occurrence'])
        .where('l.source', '=', p.source)
        .where('l.external_id', '=', p.externalId)
        .where(
          sql<boolean>`not exists (select from match_items as i where i.source = l.source and i.tx_id = m.tx_id and i.n = m.n and i.live)`,
        )
        .orderBy('m.n'),
  ),
};
