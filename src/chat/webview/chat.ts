import { adoptStyles } from "../../ui/base";
import { baseStyles } from "../../ui/theme";
import { markdownStyles } from "../../ui/markdown/styles";
import { chatStyles } from "./chatStyles";
import { composerStyles } from "./composerStyles";
import { contextMeterStyles } from "./contextMeterStyles";
import { conversationStyles } from "./conversationStyles";
import { settingsStyles } from "./settingsStyles";
import "./chatApp";

adoptStyles(
  baseStyles,
  markdownStyles,
  chatStyles,
  composerStyles,
  contextMeterStyles,
  conversationStyles,
  settingsStyles,
);
