/** Sends a file and tells how much of it has arrived, which `fetch` cannot. */
import { ApiError } from "../../api/client";

/** The answer's body. Throws ApiError; `onProgress` is told shares from 0 to 1. */
export function upload<T>(path: string, file: Blob, onProgress: (share: number) => void): Promise<T> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/zip");
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = () => failed(new ApiError(0, "No answer", "Avocet does not answer, or it broke the transfer off: the file may be larger than it takes."));
    request.onload = () => {
      const said = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) done(said as T);
      else failed(new ApiError(request.status, said.title ?? request.statusText, said.detail ?? `Avocet answered ${request.status}`, said.type));
    };
    request.send(file);
  });
}

function parsed(text: string): { title?: string; detail?: string; type?: string } {
  try {
    return JSON.parse(text) as { title?: string };
  } catch {
    return {}; // a proxy may answer with a page
  }
}
