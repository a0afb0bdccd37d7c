import { adoptStyles } from "../../ui/base";
import { baseStyles } from "../../ui/theme";
import { architectureStyles } from "./architectureStyles";
import { inspectorStyles } from "./inspectorStyles";
import { tableStyles } from "./tableStyles";
import "./inspectorApp";

adoptStyles(baseStyles, inspectorStyles, tableStyles, architectureStyles);
