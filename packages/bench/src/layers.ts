import { Pipe, Telemetry, operation, idInput } from '@tse/core';
import { z } from 'zod';
import type { Rounds, Row } from './measure.ts';

const CALLS = 200_000;

/** CPU of the layers around a call that does nothing: parse, context, span, timer, metrics. */
export async function layers({ rounds, progress }: Rounds): Promise<Row[]> {
  const pipe = new Pipe('bench', new Telemetry({ adapter: 'bench', adapter_instance: 'bench' }));
  const find = operation('bench.things.find', z.strictObject({ id: idInput }));
  const nothing = async () => undefined;
  const micros: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    progress(round === 0 ? 'warm-up: layers' : `round ${round} of ${rounds}: layers`);
    const before = process.cpuUsage();
    for (let i = 0; i < CALLS; i += 1) await pipe.run(find, { id: 'abc' }, undefined, nothing);
    const { user, system } = process.cpuUsage(before);
    if (round > 0) micros.push((user + system) / CALLS);
  }
  micros.sort((a, b) => a - b);
  const ratio = micros[micros.length >> 1]!;
  return [
    {
      bench: 'layers of a call',
      peer: 'nothing',
      ratio,
      min: micros[0]!,
      max: micros.at(-1)!,
      target: 1.5,
      bound: 'at-most',
      met: ratio <= 1.5,
      unit: 'µs CPU',
    },
  ];
}
