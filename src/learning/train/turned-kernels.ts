// Kernels between the two orders they are kept in: (K, C, kh, kw) in networks, checkpoints and exports, (kh, kw, C, K) in a training
// graph that works in pixel order. A mere change of places, so nothing is lost on the way there and back.

/** `shape` is that of the result, (kh, kw, C, K). */
export function turned(kernels: Float32Array, [kh, kw, c, k]: readonly number[]): Float32Array {
  const result = new Float32Array(kernels.length), places = kh! * kw!;
  for (let output = 0; output < k!; output++) {
    for (let input = 0; input < c!; input++) {
      for (let place = 0; place < places; place++) result[(place * c! + input) * k! + output] = kernels[(output * c! + input) * places + place]!;
    }
  }
  return result;
}

/** `shape` is that of `kernels`, (kh, kw, C, K). */
export function turnedBack(kernels: Float32Array, [kh, kw, c, k]: readonly number[]): Float32Array {
  const result = new Float32Array(kernels.length), places = kh! * kw!;
  for (let output = 0; output < k!; output++) {
    for (let input = 0; input < c!; input++) {
      for (let place = 0; place < places; place++) result[(output * c! + input) * places + place] = kernels[(place * c! + input) * k! + output]!;
    }
  }
  return result;
}
