import { adoptStyles } from "../../ui/base";
import { chartStyles } from "../../ui/chartStyles";
import { deskStyles } from "../../ui/deskStyles";
import { panelStyles } from "../../ui/panelStyles";
import { baseStyles } from "../../ui/theme";
import { pickerStyles } from "./pickerStyles";
import { tableStyles } from "./tableStyles";
import "./pickerApp";

adoptStyles(baseStyles, panelStyles, deskStyles, chartStyles, pickerStyles, tableStyles);
