import { adoptStyles } from "../../ui/base";
import { panelStyles } from "../../ui/panelStyles";
import { baseStyles } from "../../ui/theme";
import { chartStyles } from "./chartStyles";
import { speedStyles } from "./speedStyles";
import { speedTableStyles } from "./speedTableStyles";
import "./speedApp";

adoptStyles(baseStyles, panelStyles, speedStyles, speedTableStyles, chartStyles);
