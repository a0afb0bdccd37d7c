import { adoptStyles } from "../../ui/base";
import { chartStyles } from "../../ui/chartStyles";
import { deskStyles } from "../../ui/deskStyles";
import { panelStyles } from "../../ui/panelStyles";
import { baseStyles } from "../../ui/theme";
import { seriesStyles } from "./seriesStyles";
import { speedStyles } from "./speedStyles";
import { speedTableStyles } from "./speedTableStyles";
import "./speedApp";

adoptStyles(baseStyles, panelStyles, deskStyles, chartStyles, speedStyles, speedTableStyles, seriesStyles);
