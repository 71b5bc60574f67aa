/* Made by pq_vectors.mjs beside this, with another implementation; how, stands there. */
#ifndef TACET_TESTS_CRYPTO_XWING_VECTORS_H
#define TACET_TESTS_CRYPTO_XWING_VECTORS_H

static const struct {
    const char *public_sha256;
    const char *cipher_sha256;
    const char *shared;
    const char *rejected;
} xwing_vectors[] = {
    {
        "7aca5b2bd3fab37694648c6cf8f4afd31c8155a5de50dd46347512198434372f",
        "44380215c70211b18c82d7c312076ef48323f64546faa80c60a4edb87a406ec0",
        "e25f5fead534f7ab26bb27b74b41e43519d6668a6669d82c12aba52b341aef23",
        "15efa70c229364f25961df475f479fe4e017c1f2881d728512bdd66a164ea178",
    },
    {
        "f0ea1aed2a610be76cf9657c298295a8fedee054f549a92ce280dbf41e8af1b0",
        "0b0a9eb27579ad4620f6afca17eda955077d4b966f6ce0102ddec9871620e208",
        "92389b6889f418fc15a9c5774f14761fd36241988c75f14d085f40aff621fe8e",
        "8f31fc70f43748ea42f18619dcf433fc1f618167f34d1a38ee4a5a4fe69f9eac",
    },
    {
        "e667edcdb779cde496eac9f952ad69464cad32e587a0f0ddcc0a705e3c921cf9",
        "e4c115852fbbc2b553993c31779b4c21ff551174fc4a6fa1dcc89f15ed4803b5",
        "f57adaac46c59e385d3c75d03924a4f3b584e309242274fb9c305976b2c1af17",
        "aee600bc7642faf1a2365945539afb1f815f82f67de86ab7c3d07a49e8719923",
    },
    {
        "5f1fa47f56048f76cdd240e0e9dcbc4adf944a241b77d27a99461582a642f01f",
        "2a2b1ad8dc9e69cb454318426986791c6676eace4e116bfb248bdbfe0039a5b3",
        "d1f7a35e940230915be9096ad97cd94dc6b1402d18e7daae5b90912cbdf3ab4f",
        "e512e84e3f9077cf529fe07247e37a8dbe9ddcff5876dc13ddb08f9c7054a389",
    },
    {
        "8f4a551c78ce602821e9e793af9b1d6930cf2338fdc669f0f37a459934adb88b",
        "a483271b90564edfbf149ca4ae016494576d90482184362c2ea45fb2483c1780",
        "aea322e4cbbce9a70e3e657692a3d620b14e18a24cf9f7a91a4b3c85ac85ad8f",
        "e0f6b46522f12487586a25fab8313c0c07fef758c9ff5a4ff7fcac17f70d9124",
    },
};

#endif
