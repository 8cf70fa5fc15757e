// Runs inside the page under test, as its init script: what a careful eye would find wrong with it.

/** Pairs of labels of one chart that cover each other by more than a hair. */
globalThis.overlappingLabels = () => [...document.querySelectorAll('svg.chart')].flatMap((chart) => {
  const labels = [...chart.querySelectorAll('text')].filter((text) => text.textContent !== '').map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
  const covers = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
  return labels.flatMap(({ text, box }, index) => labels.slice(index + 1).filter((other) => covers(box, other.box)).map((other) => `${text} and ${other.text}`));
});

/** Texts with less contrast to the ground behind them than 4.5 to 1 (WCAG 2.1, AA). */
globalThis.faintTexts = () => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  /** Of colours laid over one another, the lowest first; each may be translucent. */
  const luminance = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundsOf = (element) => (element === null ? [] : [...groundsOf(element.parentElement), getComputedStyle(element).backgroundColor]);
  return [...document.querySelectorAll('h1, h2, h3, p, th, td, .quiet, .said, figcaption, summary, nav a, .chart text')].flatMap((element) => {
    const style = getComputedStyle(element), grounds = groundsOf(element);
    const [text, ground] = [luminance([...grounds, element instanceof SVGElement ? style.fill : style.color]), luminance(grounds)];
    const contrast = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    return contrast < 4.5 && element.textContent.trim() !== '' ? [`${element.tagName} ${element.textContent.slice(0, 30)}: ${contrast.toFixed(2)}`] : [];
  });
};

globalThis.page = {
  width: () => document.documentElement.scrollWidth,
  ground: () => getComputedStyle(document.body).backgroundColor,
  pictureWidths: () => [...document.images].map((image) => image.naturalWidth),
};
