Partyline, under the MIT licence (see LICENSE).

The WAR contains these libraries, unchanged and each with its licence inside. Where two licences are named, either
may be chosen. The jar for other applications contains none of the libraries.

<#list dependencyMap as entry>
${entry.getKey().groupId}:${entry.getKey().artifactId}
    ${entry.getValue()?join(" or ")}
</#list>
