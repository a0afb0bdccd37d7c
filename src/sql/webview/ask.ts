import { adoptStyles } from "../../ui/base";
import { markdownStyles } from "../../ui/markdown/styles";
import { panelStyles } from "../../ui/panelStyles";
import { baseStyles } from "../../ui/theme";
import "./askApp";
import { askStyles } from "./askStyles";
import { gridStyles } from "./gridStyles";
import { resultStyles } from "./resultStyles";

adoptStyles(baseStyles, markdownStyles, panelStyles, askStyles, resultStyles, gridStyles);
