"""Rules of certificates of enforcement (执行证书): what is owed after payments, and what a certificate must say."""
