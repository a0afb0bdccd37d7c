import { adoptStyles } from "../../ui/base";
import { baseStyles } from "../../ui/theme";
import { pickerStyles } from "./pickerStyles";
import { tableStyles } from "./tableStyles";
import "./pickerApp";

adoptStyles(baseStyles, pickerStyles, tableStyles);
