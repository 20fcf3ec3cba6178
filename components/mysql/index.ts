export { Mysql, type MysqlProps } from './mysql';
export { release } from './release';
