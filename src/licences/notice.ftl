Partyline, under the MIT licence (see LICENSE).

The WAR brings along these libraries, unchanged and each with its own licence inside. Several may be had under one or another licence.
The jar for other applications brings none of them.

<#list dependencyMap as entry>
${entry.getKey().groupId}:${entry.getKey().artifactId}
    ${entry.getValue()?join(" or ")}
</#list>
