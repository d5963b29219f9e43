-- Whoever changes what risk counts or decides is in the books with the others; who changes the rules, or reads all of it for good, is in
-- them alone: it waits for what is under way, and what comes later sees all of it. To be called before anything else is read.
create or replace function enter_books(p_alone boolean) returns void
language plpgsql
set search_path from current
as $$
begin
  if p_alone then
    perform pg_advisory_xact_lock(hashtextextended(current_schema() || ' books', 0));
  else
    perform pg_advisory_xact_lock_shared(hashtextextended(current_schema() || ' books', 0));
  end if;
end
$$;
