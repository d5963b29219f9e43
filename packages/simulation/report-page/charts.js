'use strict';
// Draws the charts whose options stand in the page as data, in the colours of the scheme it is looked at in.
(() => {
  const { echarts } = globalThis;
  const text = document.getElementById('charts').textContent;
  const plots = [...document.querySelectorAll('[data-chart]')];
  const dark = matchMedia('(prefers-color-scheme: dark)');

  const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 5 });
  const amount = new Intl.NumberFormat('en', { maximumSignificantDigits: 12 });
  const number = (format) => (value) =>
    value === undefined || value === null || value === '-' ? '–' : format(value).replace('-', '−');
  const time = (value) =>
    new Date(typeof value === 'object' ? value.value : value).toISOString().slice(0, 19).replace('T', ' ');
  const formatters = {
    compact: number((value) => (Math.abs(value) < 1e6 ? amount : compact).format(value)),
    amount: number((value) => amount.format(value)),
    time,
  };

  /** Text that stands for a colour or a formatter of the page is what it stands for. */
  const options = () => {
    const style = getComputedStyle(document.documentElement);
    return JSON.parse(text, (_, value) => {
      if (typeof value !== 'string') return value;
      if (value.startsWith('--')) return style.getPropertyValue(value).trim();
      return value.startsWith('fn:') ? formatters[value.slice(3)] : value;
    });
  };

  const draw = () => {
    const all = options();
    for (const plot of plots) {
      echarts.getInstanceByDom(plot)?.dispose();
      const label = plot.getAttribute('aria-label');
      echarts.init(plot, null, { renderer: 'svg' }).setOption(all[plot.dataset.chart]);
      plot.setAttribute('aria-label', label); // ours says what is to be seen, the library's lists data
    }
  };

  draw();
  dark.addEventListener('change', draw);
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) echarts.getInstanceByDom(target)?.resize();
  });
  for (const plot of plots) observer.observe(plot);
})();
