import { crc32, deflateRawSync } from 'node:zlib';

/** A zip archive of some files, as the format's note has it: local headers, central directory, end record. */
export function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    const packed = deflateRawSync(content);
    const sizes = Buffer.alloc(12);
    sizes.writeUInt32LE(crc32(content), 0);
    sizes.writeUInt32LE(packed.length, 4);
    sizes.writeUInt32LE(content.length, 8);
    const nameLength = Buffer.from([name.length, 0, 0, 0]);
    const head = Buffer.from([20, 0, 0, 0, 8, 0, 0, 0, 33, 0]);
    local.push(Buffer.from('PK\x03\x04', 'latin1'), head, sizes, nameLength, Buffer.from(name), packed);
    const place = Buffer.alloc(4);
    place.writeUInt32LE(offset);
    central.push(
      Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
      head,
      sizes,
      nameLength,
      Buffer.alloc(10),
      place,
      Buffer.from(name),
    );
    offset += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(files).length, 4);
  end.writeUInt16LE(Object.keys(files).length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, directory, Buffer.from('PK\x05\x06', 'latin1'), end]);
}
