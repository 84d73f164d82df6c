"use strict";

// Data files beside the page, loaded once each when first asked for. A script tag is all that file:// allows.
const loading = (() => {
  const asked = new Map();

  function script(path) {
    if (!asked.has(path)) {
      asked.set(
        path,
        new Promise((resolve, reject) => {
          const failed = () => reject(new Error(`${path} can't be read: is the folder of the report whole?`));
          document.head.append(dom.element("script", { src: path, onload: resolve, onerror: failed }));
        }),
      );
    }
    return asked.get(path);
  }

  // The pictures of one output of a run: what data/report.js says of them, what they are called, and their columns.
  async function source(run, image) {
    await Promise.all([script(image.labels), script(image.file)]);
    const place = image.file.match(/images-(\d+-\d+)\.js$/)[1];
    return { run, image, labels: window.mezzotint_labels[run], data: window.mezzotint_images[place] };
  }

  return { source };
})();
