// What a person sets about the camera: which kind it is and how it is reached, and how long it may be silent.
import { z } from 'zod';

const framePixels = z.int().min(16).max(16_384);
const framesPerSecond = z.number().min(0.1).max(1000);

export const v4l2CameraOptions = z.strictObject({
  kind: z.literal('v4l2'),
  device: z.string().regex(/^\/dev\/./, 'a device path such as /dev/video0').default('/dev/video0').describe('Video device, best by its stable name under /dev/v4l/by-id/.'),
  width: framePixels.default(1280).describe('Width of the pictures asked for, px.'),
  height: framePixels.default(720).describe('Height of the pictures asked for, px.'),
  framesPerSecond: framesPerSecond.default(30).describe('Pictures per second asked for.'),
  fourcc: z.string().regex(/^[\x20-\x7e]{4}$/, 'four characters such as MJPG or YUYV').default('MJPG').describe('Pixel format asked for: four characters. MJPG lets USB cameras reach their full rate.'),
});

export const urlCameraOptions = z.strictObject({
  kind: z.literal('url'),
  url: z.string().regex(/^(rtsp|rtsps|http|https):\/\/[^/\s]+/i, 'an address that begins with rtsp://, rtsps://, http:// or https://').describe('Address of the stream. Credentials in it are never shown.'),
  framesPerSecond: framesPerSecond.default(25).describe('Pictures per second the stream delivers.'),
  openTimeoutMs: z.int().min(100).max(30_000).default(5000).describe('Longest time until the stream answers, ms.'),
});

export const gstreamerCameraOptions = z.strictObject({
  kind: z.literal('gstreamer'),
  pipeline: z.string().min(1).describe('GStreamer pipeline that ends in `appsink` and delivers `video/x-raw,format=BGR`.'),
  framesPerSecond: framesPerSecond.default(30).describe('Pictures per second the pipeline delivers.'),
});

export const videoFileCameraOptions = z.strictObject({
  kind: z.literal('video-file'),
  path: z.string().min(1).describe('Video file. A relative path starts at the config file.'),
  loop: z.boolean().default(false).describe('Whether to start again at the end.'),
  framesPerSecond: framesPerSecond.optional().describe('Pace of playing, pictures per second. Default: what the file says.'),
});

export const imageFolderCameraOptions = z.strictObject({
  kind: z.literal('image-folder'),
  path: z.string().min(1).describe('Folder of pictures (jpg, jpeg, png, bmp, webp, tif, tiff), shown in the order of their names, numbers by value. A relative path starts at the config file.'),
  loop: z.boolean().default(false).describe('Whether to start again at the end.'),
  framesPerSecond: framesPerSecond.default(5).describe('Pictures per second.'),
});

const tilt = z.number().min(-45).max(45);
const bend = z.number().min(-2).max(2);

/** How the virtual camera looks at the belt: geometry that is known exactly, for calibration to find again. */
export const virtualViewOptions = z.strictObject({
  heightMm: z.number().min(50).max(20_000).default(900).describe('Distance of the lens from the belt along its axis, mm.'),
  tiltAlongDeg: tilt.default(0).describe('How far the camera leans along travel, degrees: above 0 it looks downstream.'),
  tiltAcrossDeg: tilt.default(0).describe('How far the camera leans across the belt, degrees.'),
  turnDeg: z.number().min(-180).max(180).default(0).describe('How far the picture is turned against travel, degrees.'),
  k1: bend.default(0).describe('First radial distortion of the lens (Brown\'s model, as in OpenCV); below 0 it is a barrel.'),
  k2: bend.default(0).describe('Second radial distortion.'),
  p1: bend.default(0).describe('First tangential distortion.'),
  p2: bend.default(0).describe('Second tangential distortion.'),
  k3: bend.default(0).describe('Third radial distortion.'),
  colourGains: z.tuple([z.number().min(0.1).max(4), z.number().min(0.1).max(4), z.number().min(0.1).max(4)]).default([1, 1, 1]).describe('What the virtual sensor makes of blue, green and red: factors, for white balance to find again.'),
});

export const virtualBeltCameraOptions = z.strictObject({
  kind: z.literal('virtual-belt'),
  width: framePixels.default(1280).describe('Width of the rendered pictures, px: 1.6 px per mm of belt along travel.'),
  height: framePixels.default(720).describe('Height of the rendered pictures, px: 1.6 px per mm of belt across.'),
  framesPerSecond: framesPerSecond.default(15).describe('Pictures per second.'),
  lightDrift: z.number().min(0).max(0.5).default(0.03).describe('How far the light slowly wanders, share of its brightness.'),
  noiseLevels: z.number().min(0).max(50).default(2).describe('Noise of the virtual sensor, standard deviation in grey levels of 255.'),
  view: virtualViewOptions.optional().describe('A lens that bends and a camera that leans, as real ones do; the line then needs a calibration of its own (`sortline calibrate`). Default: straight down, a perfect lens.'),
});

/** What every kind has in common, beside the kind itself. */
export const captureOptions = z.strictObject({
  stallPeriods: z.int().min(2).max(1000).default(10).describe('Frame periods without a picture after which the camera counts as stalled.'),
  stallMinMs: z.int().min(50).max(60_000).default(500).describe('A camera never counts as stalled before this long, ms.'),
  retryFirstMs: z.int().min(10).max(60_000).default(250).describe('First delay before the camera is opened again, ms.'),
  retryMaxMs: z.int().min(10).max(600_000).default(5000).describe('Longest delay before the camera is opened again, ms.'),
});

/** The kinds that this room opens. */
export const physicalCameraOptions = z.discriminatedUnion('kind', [
  v4l2CameraOptions, urlCameraOptions, gstreamerCameraOptions, videoFileCameraOptions, imageFolderCameraOptions,
]);

/** All kinds; the virtual belt's camera is made by the simulator. */
export const cameraSourceOptions = z.discriminatedUnion('kind', [...physicalCameraOptions.options, virtualBeltCameraOptions]);

export const cameraOptions = z.strictObject({
  source: cameraSourceOptions.prefault({ kind: 'virtual-belt' }).describe('Where pictures come from: `kind: v4l2`, `url`, `gstreamer`, `video-file`, `image-folder`, or `virtual-belt`.'),
  capture: captureOptions.prefault({}).describe('When the camera counts as stalled, and how it is opened again.'),
}).prefault({});

export type V4l2CameraOptions = z.output<typeof v4l2CameraOptions>;
export type UrlCameraOptions = z.output<typeof urlCameraOptions>;
export type GstreamerCameraOptions = z.output<typeof gstreamerCameraOptions>;
export type VideoFileCameraOptions = z.output<typeof videoFileCameraOptions>;
export type ImageFolderCameraOptions = z.output<typeof imageFolderCameraOptions>;
export type VirtualBeltCameraOptions = z.output<typeof virtualBeltCameraOptions>;
export type VirtualViewOptions = z.output<typeof virtualViewOptions>;
export type PhysicalCameraOptions = z.output<typeof physicalCameraOptions>;
export type CameraSourceOptions = z.output<typeof cameraSourceOptions>;
export type CaptureOptions = z.output<typeof captureOptions>;
export type CameraOptions = z.output<typeof cameraOptions>;
