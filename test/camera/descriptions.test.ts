import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pipelineWithoutSecrets, urlWithoutSecrets } from '../../src/camera/descriptions.ts';

describe('addresses as they are shown', () => {
  test.each([
    ['rtsp://admin:s3cret@10.0.0.5:554/stream1', 'rtsp://10.0.0.5:554/stream1'],
    ['rtsp://10.0.0.5/stream1', 'rtsp://10.0.0.5/stream1'],
    ['http://cam/video.mjpg?token=s3cret', 'http://cam/video.mjpg'],
    ['http://u:p@ss@cam/video', 'http://cam/video'],
    ['rtsp://u:s3/cret@cam/x', 'rtsp://cam/x'],
  ])('%s is shown as %s', (url, shown) => {
    expect(urlWithoutSecrets(url)).toBe(shown);
  });

  test('never show a password, however it is written', () => {
    fc.assert(fc.property(fc.string({ minLength: 4 }).filter((each) => !'rtsp://user:@camera/stream'.includes(each)), (password) => {
      expect(urlWithoutSecrets(`rtsp://user:${password}@camera/stream`)).not.toContain(password);
    }));
  });

  test('pipelines lose credentials in addresses and properties', () => {
    const shown = pipelineWithoutSecrets('rtspsrc location=rtsp://u:s3cret@cam/x user-id=me user-pw="s3cret two" ! decodebin ! appsink');
    expect(shown).toBe('rtspsrc location=rtsp://cam/x user-id=(hidden) user-pw=(hidden) ! decodebin ! appsink');
  });
});
