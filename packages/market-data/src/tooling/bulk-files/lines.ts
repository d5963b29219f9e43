import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { InvalidInputError, isAdapterError } from '@tse/core';
import yauzl from 'yauzl';

export interface Line {
  readonly number: number;
  readonly text: string;
}

const MAX_LINE = 65_536;
const CURE: Record<string, string> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'it may not be read',
};

const refused = (message: string) => new InvalidInputError([{ path: '', message }], 'unreadable-file');

/**
 * The lines of a text file that are not empty, numbered from 1, as many at a time as a read brings: the file is never held as a whole. It may be
 * gzipped, or the one file in a zip archive: its first bytes tell. `onRead` is told how many bytes of the file were read, of how many.
 */
export async function* readLines(
  path: string,
  onRead: (bytes: number, of: number) => void = () => {},
): AsyncGenerator<Line[]> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const content = await contentOf(path, file, (bytes) => onRead(bytes, size));
    yield* linesOf(path, content);
    onRead(size, size);
  } catch (error) {
    if (isAdapterError(error)) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code in CURE) throw refused(`Cannot read ${path}: ${CURE[code]}.`);
    if (code.startsWith('Z_') || /zlib|zip|central directory|CRC/i.test(error instanceof Error ? error.message : ''))
      throw refused(`Cannot read ${path}: it is damaged or cut short.`);
    throw error;
  }
}

async function contentOf(path: string, file: FileHandle, onRead: (bytes: number) => void): Promise<Readable> {
  const first = Buffer.alloc(4);
  await file.read(first, 0, 4, 0);
  if (first.readUInt32BE(0) === 0x504b0304) return zipped(path, onRead);
  const raw = counted(file.createReadStream({ start: 0, autoClose: false, highWaterMark: 1 << 18 }), onRead);
  if (first.readUInt16BE(0) !== 0x1f8b) return raw;
  const text = createGunzip();
  raw.on('error', (error) => text.destroy(error));
  return raw.pipe(text);
}

/** The one file of an archive; what is beside it must be a folder. */
async function zipped(path: string, onRead: (bytes: number) => void): Promise<Readable> {
  const archive = await promisify<string, yauzl.Options, yauzl.ZipFile>(yauzl.open)(path, {
    lazyEntries: true,
    autoClose: false,
  });
  try {
    const entries: yauzl.Entry[] = [];
    await new Promise<void>((resolve, reject) => {
      archive.on('entry', (entry: yauzl.Entry) => {
        if (!entry.fileName.endsWith('/')) entries.push(entry);
        archive.readEntry();
      });
      archive.once('end', resolve);
      archive.once('error', reject);
      archive.readEntry();
    });
    const [entry, another] = entries;
    if (!entry || another)
      throw refused(`Cannot read ${path}: expected an archive of one file, here are ${entries.length}.`);
    const content = await new Promise<Readable>((resolve, reject) => {
      archive.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
    });
    content.once('close', () => archive.close());
    // What it was packed to, by how much of its text has come.
    const packed = entry.compressedSize / Math.max(1, entry.uncompressedSize);
    return counted(content, (bytes) => onRead(bytes * packed));
  } catch (error) {
    archive.close();
    throw error;
  }
}

function counted(stream: Readable, onRead: (bytes: number) => void): Readable {
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => onRead((bytes += chunk.length)));
  stream.pause();
  return stream;
}

async function* linesOf(path: string, content: Readable): AsyncGenerator<Line[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let number = 0;
  const take = (text: string): Line[] => {
    const lines: Line[] = [];
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      number += 1;
      const line = text.slice(number === 1 && text.startsWith('\uFEFF') ? 1 : from, end).trimEnd();
      if (line !== '') lines.push({ number, text: line });
      from = end + 1;
    }
    rest = text.slice(from);
    if (rest.length > MAX_LINE)
      throw refused(`${path}, line ${number + 1}: longer than ${MAX_LINE} characters, so this is no text file.`);
    return lines;
  };
  for await (const chunk of content) {
    const lines = take(rest + decoder.write(chunk as Buffer));
    if (lines.length > 0) yield lines;
  }
  const last = take(`${rest}${decoder.end()}\n`);
  if (last.length > 0) yield last;
}
