-- ok | same, a member each; one row `unknown-study` or `study-closed` for all.
create or replace function add_trials(p_study_id text, p_params jsonb[], p_hashes text[]) returns table (outcome text, n integer)
language plpgsql
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  s studies;
begin
  select * into s from studies where id = p_study_id for no key update;
  if s.id is null or s.status = 'closed' then
    return query select case when s.id is null then 'unknown-study' else 'study-closed' end, null::integer;
    return;
  end if;
  for i in 1 .. cardinality(p_hashes) loop
    select t.n into n from trials as t where t.study_id = p_study_id and t.params_hash = p_hashes[i];
    outcome := case when found then 'same' else 'ok' end;
    if outcome = 'ok' then
      s.trials := s.trials + 1;
      n := s.trials;
      insert into trials (study_id, n, params, params_hash) values (p_study_id, s.trials, p_params[i], p_hashes[i]);
    end if;
    return next;
  end loop;
  update studies set trials = s.trials, version = version + 1 where id = p_study_id and trials <> s.trials;
end
$$;
