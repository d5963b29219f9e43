-- The instruction after p_lots more of it have settled.
create or replace function after_lots(p_instruction settlement_instructions, p_lots integer, p_at timestamptz) returns settlement_instructions
language plpgsql
set search_path from current
as $$
begin
  p_instruction.settled_lots := p_instruction.settled_lots + p_lots;
  p_instruction.version := p_instruction.version + 1;
  if p_instruction.settled_lots = p_instruction.lots then
    p_instruction.status := 'settled';
    p_instruction.closed_at := p_at;
  elsif p_instruction.status <> 'failing' then
    p_instruction.status := 'partially-settled';
  end if;
  return p_instruction;
end
$$;
