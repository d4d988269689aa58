-- Health of an ArmadaChart, ArmadaChartGroup or ArmadaManifest for Argo CD; docs/gitops.md says how to install it.
local status = obj.status or {}

local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local function health(name, message)
  return { status = name, message = message or status.waiting_for or "" }
end

local function holds(condition)
  return conditions[condition] ~= nil and conditions[condition].status == "True"
end

local deleted = obj.metadata.deletionTimestamp ~= nil

if obj.spec.suspend == true and not deleted then
  return health("Suspended", "spec.suspend is true")
end

if status.observedGeneration == nil then
  return health("Progressing", "the operator has not looked at this object yet")
end

if status.observedGeneration ~= obj.metadata.generation and not deleted then
  return health("Progressing", "the operator has not looked at this generation yet")
end

if holds("Stalled") or status.actual_state == "failed" or status.actual_state == "error" then
  return health("Degraded")
end

if status.satisfied == true and not deleted then
  return health("Healthy", conditions.Ready and conditions.Ready.message)
end

return health("Progressing")
