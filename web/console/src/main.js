// Decides the order in which the page starts.
import { language, speak } from "./texts.js";
import { answerFor } from "./api.js";
import { build } from "./shell.js";
import { start } from "./router.js";
import { recentSignIn, signedOut, watchOtherTabs } from "./sign-in.js";

speak(language());
answerFor({ signedOut, recentSignIn });
watchOtherTabs();
build();
start();
