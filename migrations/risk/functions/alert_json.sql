-- An alert as the adapter copies and publishes it.
create or replace function alert_json(a alerts) returns jsonb
language sql
stable
set search_path from current
return jsonb_strip_nulls(jsonb_build_object('alertId', a.id, 'dedupKey', a.dedup_key, 'kind', a.kind, 'state', a.state, 'severity', a.severity,
  'summary', a.summary, 'labels', a.labels, 'count', a.count, 'openedAt', instant_text(a.opened_at), 'firedAt', instant_text(a.fired_at),
  'recoveringSince', instant_text(a.recovering_since), 'acknowledgedAt', instant_text(a.acknowledged_at), 'acknowledgedBy', a.acknowledged_by,
  'acknowledgedUntil', instant_text(a.acknowledged_until), 'snoozedUntil', instant_text(a.snoozed_until), 'escalated', a.escalated,
  'closedAt', instant_text(a.closed_at), 'closeReason', a.close_reason, 'runId', a.run_id, 'version', a.version));
