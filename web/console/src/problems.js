// Decides what a person reads when something went wrong: a sentence for every code of the API.
import { h, icon } from "./dom.js";
import { hasText, t } from "./texts.js";

export const sentence = ({ code, wait }) => {
  const text = t(hasText(`problem.${code}`) ? `problem.${code}` : "problem.internal");
  return wait ? `${text} ${t("problem.wait", { seconds: wait })}` : text;
};

// Why one field of a form was refused; pydantic's words for it are the API's stable reasons.
export const reason = (word) => {
  const key = `reason.${word.replace(/^value_error.*/, "value_error")}`;
  return t(hasText(key) ? key : "reason.value_error");
};

export const wasLeft = (error) => error.name === "AbortError";

// A list or view that did not load says why and offers to try again.
export const failure = (error, again) =>
  h("div", { class: "panel empty", role: "alert" },
    icon("alert"),
    h("p", {}, sentence(error)),
    again && error.code !== "not_found" && error.code !== "forbidden" &&
      h("button", { type: "button", onclick: again }, t("again")),
  );
