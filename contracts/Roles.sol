// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

/// @dev What a party may act as: one bit each in a party's role set. A party may hold several.
library Roles {
    uint32 internal constant FARMER = 1 << 0; // 茶农
    uint32 internal constant FIRM = 1 << 1; // 企业
    uint32 internal constant VILLAGE = 1 << 2; // 村集体、发包方
    uint32 internal constant SURVEYOR = 1 << 3; // 勘测员
    uint32 internal constant APPRAISER = 1 << 4; // 评估师
    uint32 internal constant FORESTRY = 1 << 5; // 古树名木主管部门
    uint32 internal constant AGRI = 1 << 6; // 农业农村局
    uint32 internal constant REGISTRY = 1 << 7; // 不动产登记、中登网
    uint32 internal constant GI_AUTH = 1 << 8; // 地理标志主管部门
    uint32 internal constant INSPECTOR = 1 << 9; // 检验机构
    uint32 internal constant INSURER = 1 << 10; // 保险机构
    uint32 internal constant BANK = 1 << 11; // 银行
    uint32 internal constant TELECOM = 1 << 12; // 电信运营商
    uint32 internal constant BROKER = 1 << 13; // 数据经纪人
    uint32 internal constant SCORER = 1 << 14; // 征信评分机构
    uint32 internal constant NOTARY_OFFICE = 1 << 15; // 公证处
    uint32 internal constant NOTARY = 1 << 16; // 公证员
    uint32 internal constant LAWYER = 1 << 17; // 律师
    uint32 internal constant COURT_GW = 1 << 18; // 法院回执网关
    uint32 internal constant REGULATOR = 1 << 19; // 监管部门
    uint32 internal constant AUDITOR = 1 << 20; // 审计
    uint32 internal constant OPERATOR = 1 << 21; // 平台运营方，不得签署业务事实

    uint32 internal constant ALL = (1 << 22) - 1;
}
