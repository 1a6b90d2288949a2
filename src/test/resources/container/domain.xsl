<?xml version="1.0" encoding="UTF-8"?>
<!-- Makes of the domain that Payara Server and GlassFish come with one that listens on loopback only, at the ports reserved for it, and nowhere else. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:param name="http.port"/>
  <xsl:param name="admin.port"/>

  <xsl:template match="@*|node()">
    <xsl:copy>
      <xsl:apply-templates select="@*|node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="config[@name='server-config']//network-listener[@name='http-listener-1']">
    <network-listener name="{@name}" protocol="{@protocol}" transport="{@transport}" thread-pool="{@thread-pool}" address="127.0.0.1" port="{$http.port}"/>
  </xsl:template>
  <xsl:template match="config[@name='server-config']//network-listener[@name='admin-listener']">
    <network-listener name="{@name}" protocol="{@protocol}" transport="{@transport}" thread-pool="{@thread-pool}" address="127.0.0.1" port="{$admin.port}"/>
  </xsl:template>

  <xsl:template match="config[@name='server-config']//network-listener[@name='http-listener-2']
      | config[@name='server-config']//iiop-listener | config[@name='server-config']//jmx-connector | hazelcast-config-specific-configuration">
    <xsl:copy>
      <xsl:apply-templates select="@*"/>
      <xsl:attribute name="enabled">false</xsl:attribute>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>
  <xsl:template match="config[@name='server-config']//jms-service/@type">
    <xsl:attribute name="type">DISABLED</xsl:attribute>
  </xsl:template>
</xsl:stylesheet>
