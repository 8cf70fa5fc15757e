// What the camera sees, with the bin each found item is on its way to. The next picture is asked for when this one is here and
// somebody looks: a hidden page costs the line nothing.
import { html, useEffect, useState } from '/library/htm-preact.js';

const PERIOD_MS = 500;

export function CameraView({ isLive }) {
  const [picture, setPicture] = useState(undefined);
  useEffect(() => {
    let isOpen = true, shown;
    const show = async () => {
      for (; isOpen; await new Promise((resolve) => setTimeout(resolve, PERIOD_MS))) {
        if (document.hidden) continue;
        const response = await fetch('/api/snapshot.jpg').catch(() => undefined);
        if (response?.status !== 200 || !isOpen) continue;
        const marks = JSON.parse(decodeURIComponent(response.headers.get('x-marks') ?? '[]'));
        const bitmap = await response.blob();
        const url = URL.createObjectURL(bitmap);
        setPicture({ url, marks });
        if (shown !== undefined) URL.revokeObjectURL(shown);
        shown = url;
      }
    };
    void show();
    return () => {
      isOpen = false;
      if (shown !== undefined) URL.revokeObjectURL(shown);
    };
  }, []);
  const [size, setSize] = useState({ width: 640, height: 360 });
  const marked = picture?.marks.length ?? 0;
  return html`<section class="panel" aria-label="Camera">
    <h2>Camera</h2>
    <div class="picture">
      ${picture === undefined ? html`<p role="status">No picture yet.</p>` : html`
        <img id="camera" src=${picture.url} alt=${`What the camera sees: ${marked === 0 ? 'no item' : picture.marks.map(({ label, bin }) => `${label} to ${bin ?? 'undecided'}`).join(', ')}`} onLoad=${({ target }) => setSize({ width: target.naturalWidth, height: target.naturalHeight })} />
        <svg viewBox=${`0 0 ${size.width} ${size.height}`} aria-hidden="true">${picture.marks.map(({ box: [x, y, width, height], bin }) => bin && html`<g class="mark"><text x=${x} y=${Math.min(size.height - 6, y + height + 18)}>→ ${bin}</text></g>`)}</svg>`}
    </div>
    ${!isLive && html`<p class="note">This picture may be old.</p>`}
  </section>`;
}
