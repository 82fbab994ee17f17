// Reads QR codes with the camera: by the browser's own detector where there is one, else by jsQR, fetched when needed.
const EVERY = 150;
/** The same code held before the lens is one scan. */
const SAME_FOR = 10_000;
const WIDEST = 720;

/** Cameras are open to pages over HTTPS, and on the machine itself. */
export const canRead = () => Boolean(navigator.mediaDevices?.getUserMedia);

async function ownDetector() {
  if (!("BarcodeDetector" in window)) return null;
  const formats = await window.BarcodeDetector.getSupportedFormats().catch(() => []);
  if (!formats.includes("qr_code")) return null;
  const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
  return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
}

async function bundledDetector() {
  const { default: jsQR } = await import("jsqr");
  const canvas = document.createElement("canvas");
  const drawing = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, WIDEST / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    if (!canvas.width) return null;
    drawing.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data, width, height } = drawing.getImageData(0, 0, canvas.width, canvas.height);
    return jsQR(data, width, height)?.data || null;
  };
}

/** {start, stop, running}: calls found(text) for each code that comes before the lens. */
export function reader(video, found) {
  let stream = null;
  let timer = 0;
  const last = { text: "", at: 0 };

  async function look(detect) {
    const text = video.readyState >= video.HAVE_CURRENT_DATA ? await detect(video).catch(() => null) : null;
    if (text && (text !== last.text || Date.now() - last.at > SAME_FOR)) {
      Object.assign(last, { text, at: Date.now() });
      found(text);
    }
    if (stream) timer = setTimeout(look, EVERY, detect);
  }

  return {
    running: () => Boolean(stream),
    async start() {
      const detect = (await ownDetector()) ?? (await bundledDetector());
      // A tablet on its stand looks at its guests; a phone is held over their code.
      const side = window.matchMedia("(max-width: 600px)").matches ? "environment" : "user";
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: { ideal: side } }, audio: false });
      video.srcObject = stream;
      video.hidden = false;
      await video.play();
      look(detect);
    },
    stop() {
      clearTimeout(timer);
      for (const track of stream?.getTracks() ?? []) track.stop();
      stream = null;
      video.srcObject = null;
      video.hidden = true;
    },
  };
}
