import { adoptStyles } from "../../ui/base";
import { panelStyles } from "../../ui/panelStyles";
import { baseStyles } from "../../ui/theme";
import { pickerStyles } from "./pickerStyles";
import { tableStyles } from "./tableStyles";
import "./pickerApp";

adoptStyles(baseStyles, panelStyles, pickerStyles, tableStyles);
