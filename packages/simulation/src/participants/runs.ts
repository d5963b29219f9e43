import type { Print } from '../prints/print.ts';

/** Prints that follow each other at one price with the same side taking: on a real tape mostly one large order, eaten piece by piece. */
export async function* runsOf(prints: AsyncIterable<Print>, longest: number): AsyncGenerator<[Print, ...Print[]]> {
  let run: [Print, ...Print[]] | undefined;
  for await (const print of prints) {
    if (run && run.length < longest && run[0].price === print.price && run[0].taker === print.taker) run.push(print);
    else {
      if (run) yield run;
      run = [print];
    }
  }
  if (run) yield run;
}
