// From options to a camera, for the kinds that show the real world or a recording of it. Says for each what is missing when
// it cannot be opened. The virtual belt's camera is the simulator's.
import { accessSync, constants, statSync } from 'node:fs';
import { connect } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';
import { cv } from '../image/opencv.ts';
import type { Camera } from './camera.ts';
import { pipelineWithoutSecrets, urlWithoutSecrets } from './descriptions.ts';
import { ImageFolderCamera } from './image-folder-camera.ts';
import type { GstreamerCameraOptions, PhysicalCameraOptions, UrlCameraOptions, V4l2CameraOptions, VideoFileCameraOptions } from './options.ts';
import type { VideoSource } from './video-capture-camera.ts';
import { VideoCaptureCamera } from './video-capture-camera.ts';

const DEFAULT_PORT: Readonly<Record<string, number>> = { 'rtsp:': 554, 'rtsps:': 322, 'http:': 80, 'https:': 443 };
const FILE_FPS = 25;

/** A closed camera of the kind that `options` names; nothing is touched before `open`. */
export function createCamera(options: PhysicalCameraOptions, clock: Clock): Camera {
  switch (options.kind) {
    case 'image-folder': return new ImageFolderCamera(options, clock);
    case 'v4l2': return new VideoCaptureCamera(v4l2Source(options), clock);
    case 'url': return new VideoCaptureCamera(urlSource(options), clock);
    case 'gstreamer': return new VideoCaptureCamera(gstreamerSource(options), clock);
    case 'video-file': return new VideoCaptureCamera(videoFileSource(options), clock);
  }
}

function v4l2Source(options: V4l2CameraOptions): VideoSource {
  const { device, width, height, framesPerSecond, fourcc } = options;
  return {
    description: `camera ${device} (${width}x${height}, ${framesPerSecond}/s, ${fourcc})`, address: device, api: cv.CAP_V4L2, framesPerSecond,
    whatToDo: 'it may be in use by another program, or be no capture device (a USB camera has several nodes: try the next, or the names under /dev/v4l/by-id/)',
    // The pixel format first: it decides which sizes and rates the device offers. One buffer: a queue would only age.
    properties: [
      [cv.CAP_PROP_FOURCC, cv.VideoWriter.fourcc(fourcc)], [cv.CAP_PROP_FRAME_WIDTH, width], [cv.CAP_PROP_FRAME_HEIGHT, height],
      [cv.CAP_PROP_FPS, framesPerSecond], [cv.CAP_PROP_BUFFERSIZE, 1],
    ],
    async prepare() {
      mustBeAccessible(device, { what: 'the camera', whatToDo: 'connect it, name another under camera.source.device (`ls /dev/v4l/by-id/`), or put the user into the group `video`', mode: constants.R_OK | constants.W_OK });
    },
  };
}

function urlSource(options: UrlCameraOptions): VideoSource {
  const { url, framesPerSecond, openTimeoutMs } = options;
  const address = parseUrl(url);
  return {
    description: `stream ${urlWithoutSecrets(url)}`, address: url, api: cv.CAP_FFMPEG, framesPerSecond,
    whatToDo: 'the host answers, but not with a video stream: check path and credentials, and that the camera sends H.264, H.265 or MJPEG',
    async prepare() {
      // Read by OpenCV at every opening. TCP, because a lost UDP packet smears the picture; the timeout bounds the blocking open.
      process.env['OPENCV_FFMPEG_CAPTURE_OPTIONS'] ??= `rtsp_transport;tcp|timeout;${openTimeoutMs * 1000}`;
      await mustAnswer(address, openTimeoutMs);
    },
  };
}

function gstreamerSource({ pipeline, framesPerSecond }: GstreamerCameraOptions): VideoSource {
  return {
    description: `GStreamer pipeline ${pipelineWithoutSecrets(pipeline)}`, address: pipeline, api: cv.CAP_GSTREAMER, framesPerSecond,
    whatToDo: 'an element is missing or refuses (`appsink` and `videoconvert` come with the Debian package gstreamer1.0-plugins-base, `v4l2src`, `rtspsrc` and `jpegdec` with gstreamer1.0-plugins-good); try it with gst-launch-1.0 (package gstreamer1.0-tools)',
    async prepare() {
      if (!/^\s*GStreamer:\s*YES/m.test(cv.getBuildInformation())) {
        throw new SortlineError('CAMERA_OPEN_FAILED', 'this OpenCV is built without GStreamer: use Debian\'s libopencv-videoio, or another kind of camera');
      }
      if (!/\bappsink\b/.test(pipeline)) {
        throw new SortlineError('CAMERA_OPEN_FAILED', `GStreamer pipeline ${pipelineWithoutSecrets(pipeline)} has no \`appsink\`: end it with \`! videoconvert ! video/x-raw,format=BGR ! appsink max-buffers=1 drop=true\``);
      }
    },
  };
}

function videoFileSource({ path, loop, framesPerSecond }: VideoFileCameraOptions): VideoSource {
  return {
    description: `video ${path}`, address: path, api: cv.CAP_FFMPEG, framesPerSecond: framesPerSecond ?? FILE_FPS,
    whatToDo: 'expected a video that FFmpeg reads (mp4, mkv, avi, mov …); the file is something else, or cut off before its first picture',
    file: { loop, framesPerSecond },
    async prepare() {
      mustBeAccessible(path, { what: 'the video', whatToDo: 'correct camera.source.path', mode: constants.R_OK });
      if (!statSync(path).isFile()) throw new SortlineError('CAMERA_OPEN_FAILED', `the video ${path} is not a file: for a folder of pictures use \`kind: image-folder\``);
    },
  };
}

function mustBeAccessible(path: string, { what, whatToDo, mode }: { what: string; whatToDo: string; mode: number }): void {
  try {
    accessSync(path, mode);
  } catch (cause) {
    throw new SortlineError('CAMERA_OPEN_FAILED', `${what} ${path} cannot be opened (${reasonOf(cause).split(',')[0]}): ${whatToDo}`, { context: { path }, cause });
  }
}

function parseUrl(url: string): URL {
  try {
    return new URL(url);
  } catch {
    // The parser's own message repeats the address, credentials included.
    throw new SortlineError('CAMERA_OPEN_FAILED', `the camera's address ${urlWithoutSecrets(url)} is not a valid URL: percent-encode special characters of user name and password`);
  }
}

/** Asks the host for a connection first: OpenCV's own attempt would block the event loop until it gives up. */
function mustAnswer(address: URL, timeoutMs: number): Promise<void> {
  const port = address.port === '' ? DEFAULT_PORT[address.protocol]! : Number(address.port);
  const host = address.hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new SortlineError('CAMERA_OPEN_FAILED', `no connection to the camera at ${host}:${port} (${reason}): check its address, cable and power`, { context: { host, port } }));
    };
    socket.setTimeout(timeoutMs, () => fail(`no answer within ${timeoutMs} ms`));
    socket.once('error', (error) => fail(reasonOf(error)));
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}
