import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { decodeImage, encodeJpeg } from '../../../src/image/decode.ts';
import { mistakePictures, SHEET_SIZE } from '../../../src/learning/evaluate/mistake-pictures.ts';
import { plainPicture } from '../../image/plain-picture.ts';
import { scratchFolder } from '../store/store-rig.ts';
import { verdict, verdicts } from './verdicts.ts';

it('shows the surest mistakes, whole and small, and leaves out what is gone', () => {
  const folder = scratchFolder('mistakes'), file = join(folder, 'wide.jpg');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const image = plainPicture({ width: 960, height: 300 }, [90, 120, 150]);
  writeFileSync(file, encodeJpeg(image));
  image.release();
  const wrong = verdicts(SHEET_SIZE + 5, 'glass', 'metal', 0.7), surest = verdict('paper', 'trash', 0.99), gone = verdict('paper', 'trash', 0.98);
  const pictures = [...wrong, surest].map(({ file: name, actual: material }) => ({ file, name, material }));
  const kept = mistakePictures([...wrong, ...verdicts(3, 'glass', 'glass'), surest, gone], [...pictures, { file: join(folder, 'gone.jpg'), name: gone.file, material: 'paper' }]);
  expect(kept).toHaveLength(SHEET_SIZE - 1);
  expect(kept[0]!.file).toBe(surest.file);
  const small = decodeImage(Buffer.from(kept[0]!.jpeg), 'thumbnail');
  expect([small.cols, small.rows]).toEqual([240, 75]);
  small.release();
});
